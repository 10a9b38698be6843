"""The ground floor: the types that flow through the house, geometry, recordings and recorded sources."""
