"""The engine: understanding, dialogue and sealed memory. The only package that imports rasa."""
