"""Writers: what turns a task into programs."""
