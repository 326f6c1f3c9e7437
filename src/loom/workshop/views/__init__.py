"""The typed values that the components render. They know geometry and words, neither services nor HTTP."""
