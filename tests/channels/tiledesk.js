// Starts Tiledesk's connector as its description has it. PORT, API_ENDPOINT (Tiledesk) and serverUrl (Rasa) are in the environment.
const express = require("express");
const connector = require("@tiledesk/tiledesk-rasa-connector");

// Its database only holds an address for each bot. Where `serverUrl` gives one, a database that never answers will do.
const MONGODB_URI = "mongodb://127.0.0.1:1/none?serverSelectionTimeoutMS=3600000";

connector.startRasa({ MONGODB_URI, API_ENDPOINT: process.env.API_ENDPOINT, log: false });
express().use("/", connector.router).listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
