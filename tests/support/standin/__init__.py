"""Parts of the stand-in control plane (see ../standin_server.py). Python 3.9+, standard library only."""
