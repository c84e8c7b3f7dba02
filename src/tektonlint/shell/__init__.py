"""Shell scripts: in which language a script is written, what it runs, and what that does to files.

`dialect` tells shells from other languages and masks Tekton's variables, `syntax` parses, `flow` follows a script's
values through its variables, `programs` knows what tools do with their arguments, and `effects` puts both together.
"""
