"""Generator of the demonstration data: tables of tools and the code that makes rows of them."""
