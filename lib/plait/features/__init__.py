"""From events to tensors: the same code for training, evaluation and serving."""
