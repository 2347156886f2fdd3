"""What plait needs around it, each thing looked at, with the fix for what is amiss."""
