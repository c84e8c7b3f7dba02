"""The resolved model: one graph of the tree, which policies ask. Its modules are imported when they are needed."""
