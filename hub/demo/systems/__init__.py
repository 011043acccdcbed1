"""The departments' own systems of the demonstration, each as real as its kind allows."""
