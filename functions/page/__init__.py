"""What the stack's dashboard shows: answers and plans as HTML, buttons and forms as requests."""
