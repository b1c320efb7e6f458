"""Reading of rows that sources share: files and tables, values and fields, calls and tools, messages and examples."""
