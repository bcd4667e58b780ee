// Says each argument after the address to Rasa's REST channel by Botium's driver, and prints what the bot says, as JSON.
const { BotDriver, Capabilities } = require("botium-core");

const [address, ...texts] = process.argv.slice(2);

async function main() {
  const driver = new BotDriver()
    .setCapability(Capabilities.PROJECTNAME, "Handrail")
    .setCapability(Capabilities.CONTAINERMODE, "simplerest")
    .setCapability(Capabilities.SIMPLEREST_URL, `${address}/webhooks/rest/webhook`)
    .setCapability(Capabilities.SIMPLEREST_METHOD, "POST")
    .setCapability(Capabilities.SIMPLEREST_BODY_TEMPLATE, {
      sender: "{{botium.conversationId}}",
      message: "{{msg.messageText}}",
    })
    .setCapability(Capabilities.SIMPLEREST_BODY_JSONPATH, "$[?(@.text)]")
    .setCapability(Capabilities.SIMPLEREST_RESPONSE_JSONPATH, "$.text")
    .setCapability(Capabilities.SIMPLEREST_BUTTONS_JSONPATH, "$.buttons[*].title");
  const container = await driver.Build();
  await container.Start();
  const said = [];
  for (const messageText of texts) {
    await container.UserSays({ messageText });
    const answer = await container.WaitBotSays(null, 60000);
    said.push({ text: answer.messageText, buttons: (answer.buttons || []).map((button) => button.text) });
  }
  await container.Stop();
  await container.Clean();
  console.log("\n" + JSON.stringify(said));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
