"""Pure equations as kernels: numbers in, numbers out, nothing remembered."""
