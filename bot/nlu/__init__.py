"""The NLU pipeline's own components, as config.yml names them."""
