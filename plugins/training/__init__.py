"""What the training recipes of the default models share: data, ageing, the loop, packages."""
