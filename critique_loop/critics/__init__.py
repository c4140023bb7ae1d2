"""Critics: who scores what really happened."""
