"""Measurements of several GPUs of one host: links beside what was sent, scaling, a lost or slow rank."""
