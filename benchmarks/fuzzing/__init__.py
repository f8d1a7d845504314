"""What `benchmarks/fuzz.py` is made of: sound inputs, what befalls them, what is done with them, and who watches."""
