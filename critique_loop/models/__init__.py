"""Models behind the Model door: servers, and what wraps them."""
