"""The demonstration: a made-up district, its departments' systems, and a walk through both."""
