"""`plait check`: looks at the logs of a project with the readers and kernels of fuse."""
