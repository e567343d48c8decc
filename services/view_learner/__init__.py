"""Kafka -> the model: what is viewed and bought together, learned from each view as it passes."""
