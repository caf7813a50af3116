"""What is compiled: the recurrences for training and for inference, the optimiser's rows, words to ids.

Kernels are functions of integers (addresses and sizes) that let other Python threads run. :mod:`.compiled` makes them
when they are first needed, and keeps them.
"""
