"""Configurations that Envoy and Heddle are given side by side, and what is compared."""
