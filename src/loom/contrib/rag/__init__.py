"""Posts to passages to answers: reads exports, cuts them into chunks, keeps their vectors, finds what is near."""
