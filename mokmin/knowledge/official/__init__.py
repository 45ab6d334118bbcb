"""Official documents (공문서): their model, kinds, composition from facts, layout and checks."""
