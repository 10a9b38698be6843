"""What rays hit: trees of boxes over the triangles of the scene, and the casting of rays through them."""
