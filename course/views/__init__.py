"""What a learner sees, as HTML in a notebook and as text elsewhere."""
