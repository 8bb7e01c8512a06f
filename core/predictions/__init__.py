"""What a trained network says about images, and how good that is."""
