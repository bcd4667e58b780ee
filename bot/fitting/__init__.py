"""Fits the upper layers of the sentence encoder to the training examples. Run by hand; nothing that serves imports it."""
