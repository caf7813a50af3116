"""The engines that compute recurrent layers, and the Triton kernels of one of them."""
