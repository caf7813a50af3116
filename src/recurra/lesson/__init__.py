"""The lesson: the known networks on real news, what they learn, and what each of the lesson's questions answers."""
