"""Between the doors and the services: one piece of work each, the same for forms and REST. Renders nothing."""
