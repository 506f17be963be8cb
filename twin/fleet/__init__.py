"""What a fleet knows that a unit does not."""
