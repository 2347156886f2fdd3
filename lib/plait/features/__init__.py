"""From events to tensors: one code for training, evaluation and serving."""
