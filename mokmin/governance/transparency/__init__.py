"""What people are told about AI: the first-use notice, taking over, the register of AI in use."""
