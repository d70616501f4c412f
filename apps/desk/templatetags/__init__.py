"""What templates of the desk use."""
