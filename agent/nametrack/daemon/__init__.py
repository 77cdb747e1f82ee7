"""The running agent: the adapters joined with the core in one poll loop, and the object on the bus."""
