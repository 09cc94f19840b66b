"""What strategies are made of: processes, shared memory, and what watches over them."""
