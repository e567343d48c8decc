"""What a person may ask for: that everything of them is erased, a receipt of it, and all that there is of them."""
