"""Looking at labelled files before a model learns from them."""
