"""The front: sockets, TLS, limits, processes. It knows HTTP and knows nothing of AWS."""
