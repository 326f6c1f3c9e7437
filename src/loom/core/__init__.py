"""What every room shares and nothing that does input or output to a model, a database or a network."""
