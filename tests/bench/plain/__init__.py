"""Training loops as a tutorial has them, to hold ours against; nothing of ours is in them."""
