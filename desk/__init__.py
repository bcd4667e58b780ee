"""The advice line's desk without its web pages: what is counted, shared, switched and signed, and who may do what."""
