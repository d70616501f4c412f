"""Pages of classes: the teacher's, the pupil's, the screen that both see, and the made-up class."""
