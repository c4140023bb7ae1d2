"""How far critics can be trusted: their scores against persons', with numbers that say how sure."""
