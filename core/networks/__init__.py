"""What a network is: its settings, checked and explained without TensorFlow, and its Keras model, built from them."""
