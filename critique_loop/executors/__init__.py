"""Where drafts run: isolated places behind the Executor door."""
