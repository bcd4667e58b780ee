"""The web: chat, pages and health over HTTP. The only package that imports fastapi."""
