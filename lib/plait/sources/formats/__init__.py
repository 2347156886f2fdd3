"""Opens files of every format as rows: CSV, JSON, lines and Parquet."""
