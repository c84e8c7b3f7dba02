"""The logic of policies that a JSON Schema cannot say: one module for each area, pure functions, no ids."""
